import { useState } from "react";
import { Button } from "react-aria-components";
import { allow, setKey } from "../embedding/access";
import type { Problem } from "../store/problems";
import { TextField } from "./text-field";

/** Gives the server of a model what it wants; what failed can be tried again then. It is no form, as it may be part of one. */
export function ModelAccess({ access: { server, wants } }: { access: NonNullable<Problem["access"]> }) {
  const [key, setTyped] = useState("");
  const [isGiven, setGiven] = useState(false);
  if (isGiven) {
    return <p role="status">{wants === "key" ? "The key is used from now on." : `${server} may be asked from now on.`} Try again.</p>;
  }
  if (wants === "permission") {
    return (
      <div className="button-row">
        <Button className="button primary" onPress={() => void allow(server).then(() => setGiven(true))}>
          Allow {server}
        </Button>
      </div>
    );
  }
  const give = () => {
    setGiven(true);
    setKey(server, key.trim());
  };
  return (
    <>
      <TextField label={`Key for ${server}`} type="password" autoComplete="off" value={key} onChange={setTyped} />
      <div className="button-row">
        <Button className="button primary" onPress={give} isDisabled={key.trim() === ""}>
          Use this key
        </Button>
      </div>
    </>
  );
}
