import type { ReactNode } from "react";
import { FieldError, Input, Label, Text, TextField as AriaTextField } from "react-aria-components";

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  description?: ReactNode;
  /** What is wrong with the value; shown once the form was sent */
  error?: string | undefined;
  placeholder?: string;
  type?: "text" | "password";
  autoComplete?: "off" | "new-password" | "current-password";
  inputMode?: "numeric" | "url";
  /** Whether the form starts with this field */
  startsHere?: boolean;
}

/** A line of text with its label, what it is about, and what is wrong with it. */
export function TextField(props: TextFieldProps) {
  const { label, value, onChange, description, error, placeholder, type = "text", inputMode, startsHere = false } = props;
  const { autoComplete = type === "password" ? "new-password" : "off" } = props;
  return (
    <AriaTextField
      className="field"
      type={type}
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      validationBehavior="aria"
      {...(inputMode && { inputMode })}
      // eslint-disable-next-line jsx-a11y/no-autofocus -- a dialog that was asked for starts at its first field
      autoFocus={startsHere}
    >
      <Label>{label}</Label>
      <Input autoComplete={autoComplete} autoCapitalize="none" spellCheck={false} placeholder={placeholder ?? ""} />
      {description !== undefined && <Text slot="description">{description}</Text>}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}
