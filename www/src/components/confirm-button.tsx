import { useState, type ReactNode } from "react";
import { Button } from "react-aria-components";
import { ErrorNotice } from "./problem-notice";
import { Modal } from "./modal";

interface ConfirmButtonProps {
  label: string;
  /** Shown in place of the label, which then names the button */
  icon?: ReactNode;
  title: string;
  text: string;
  confirm: string;
  onConfirm: () => Promise<unknown>;
}

/** A button for something that cannot be undone: it asks first, and says so when it failed. */
export function ConfirmButton({ label, icon, title, text, confirm, onConfirm }: ConfirmButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const act = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      setOpen(false);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button
        className={icon ? "icon-button danger" : "button danger"}
        {...(icon ? { "aria-label": label } : {})}
        onPress={() => setOpen(true)}
      >
        {icon ?? label}
      </Button>
      <Modal role="alertdialog" title={title} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{text}</p>
        {error !== undefined && <ErrorNotice error={error} />}
        <div className="button-row end">
          <Button className="button" onPress={() => setOpen(false)}>
            Cancel
          </Button>
          <Button className="button danger solid" isPending={isBusy} onPress={() => void act()}>
            {confirm}
          </Button>
        </div>
      </Modal>
    </>
  );
}
