import { useState, type FormEvent } from "react";
import { Button } from "react-aria-components";
import { ProblemNotice } from "../../components/problem-notice";
import { useLinkStore } from "../../store/use-links";
import { TextField } from "../../components/text-field";
import { explainLinkError } from "./words";

/** Opens a link by the token that it cannot go on without. */
export function TokenForm({ name }: { name: string }) {
  const links = useLinkStore();
  const [token, setToken] = useState("");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const open = async (event: FormEvent) => {
    event.preventDefault();
    if (token === "" || isBusy) return;
    setBusy(true);
    setError(undefined);
    try {
      await links.openWithToken(name, token);
      setToken("");
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="token-form" aria-label={`Token of the link of ${name}`} onSubmit={(event) => void open(event)}>
      <TextField
        label="Token"
        type="password"
        value={token}
        onChange={setToken}
        description="Sent as x-chroma-token. It is kept in the memory of this page only, and asked for again after a reload."
      />
      <Button className="button primary" type="submit" isDisabled={token === ""}>
        Open with token
      </Button>
      {error !== undefined && <ProblemNotice problem={explainLinkError(error)} />}
    </form>
  );
}
