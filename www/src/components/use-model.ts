import { useState } from "react";
import { allow, setKey } from "../embedding/access";
import { refuseModel, serverOf, SUGGESTED, type Model } from "../embedding/model";

/** A model that is being chosen. */
export function useModel() {
  const [model, onModel] = useState<Model>(SUGGESTED["built-in"]);
  const [apiKey, onApiKey] = useState("");
  /** Who chooses a server has thereby allowed that it is asked. */
  const settle = async (): Promise<Model> => {
    const server = serverOf(model);
    if (server !== undefined) {
      await allow(server);
      // One that was given before stays, if none is given now.
      if (model.kind === "openai" && apiKey.trim() !== "") setKey(server, apiKey.trim());
    }
    return model;
  };
  return { fields: { model, onModel, apiKey, onApiKey }, refusal: refuseModel(model), settle };
}
