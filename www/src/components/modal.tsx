import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button, Dialog, Heading, Modal as AriaModal, ModalOverlay } from "react-aria-components";

interface ModalProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  role?: "dialog" | "alertdialog";
  children: ReactNode;
}

/** A dialog over the page; Escape, the cross and a press outside close it. */
export function Modal({ title, isOpen, onClose, role = "dialog", children }: ModalProps) {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable={role === "dialog"}>
      <AriaModal className="modal">
        <Dialog role={role} className="dialog">
          <div className="dialog-head">
            <Heading slot="title">{title}</Heading>
            <Button className="icon-button" aria-label="Close" onPress={onClose}>
              <X aria-hidden size={18} />
            </Button>
          </div>
          {children}
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}
