import { Check, ChevronsUpDown } from "lucide-react";
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";

interface CollectionSelectProps {
  names: readonly string[];
  value: string | undefined;
  onChange: (name: string) => void;
}

/** Chooses a collection. */
export function CollectionSelect({ names, value, onChange }: CollectionSelectProps) {
  return (
    <Select className="select" value={value ?? null} onChange={(key) => key !== null && onChange(String(key))} placeholder="Choose a collection">
      <Label className="visually-hidden">Collection</Label>
      <Button className="button">
        <SelectValue />
        <ChevronsUpDown aria-hidden size={15} />
      </Button>
      <Popover className="popover">
        <ListBox className="listbox">
          {names.map((name) => (
            <ListBoxItem key={name} id={name} textValue={name} className="option">
              {({ isSelected }) => (
                <>
                  {name}
                  {isSelected && <Check aria-hidden size={15} />}
                </>
              )}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
