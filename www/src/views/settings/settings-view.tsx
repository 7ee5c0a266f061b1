import { MovedNotice } from "../../components/moved-notice";
import { ResetButton } from "../../components/reset-button";
import { hrefOf } from "../../lib/hash-route";
import { useTitle } from "../../lib/hooks";
import { AppearancePanel } from "./appearance-panel";
import { BackupPanel } from "./backup-panel";
import { EncryptionPanel } from "./encryption-panel";
import { ModelsPanel } from "./models-panel";
import { ProtectionPanel } from "./protection-panel";

/** What concerns all data of this browser, and how the page looks. */
export function SettingsView() {
  useTitle("Settings");
  return (
    <div className="page narrow settings">
      <div className="page-head">
        <h1>Settings</h1>
      </div>
      <MovedNotice />
      <AppearancePanel />
      <EncryptionPanel />
      <BackupPanel />
      <ModelsPanel />
      <ProtectionPanel />
      <section className="panel setting" aria-labelledby="reset-title">
        <h2 id="reset-title">Reset</h2>
        <p className="dim">Deletes all collections of this browser for good, as if this page had never been here. Linked servers keep what they have.</p>
        <div className="button-row">
          <ResetButton label="Delete everything…" />
        </div>
      </section>
      <p className="dim settings-more">
        What the store holds, how large it is and its version: <a href={hrefOf("storage")}>Storage</a>.
      </p>
    </div>
  );
}
