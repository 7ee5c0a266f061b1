import type { LinkSettings } from "chromatid";
import { useId } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import { DEFAULT_POLICIES, enterHost, type LinkDraft, type LinkProblems } from "./draft";
import { TextField } from "../../components/text-field";
import { describeInterval, DIRECTIONS, INTERVALS, POLICIES, type Policy } from "./words";

interface FieldsProps {
  draft: LinkDraft;
  problems: LinkProblems;
  onChange: (part: Partial<LinkDraft>) => void;
}

/** Where the other collection is. */
export function RemoteFields({ draft, problems, startsHere, onChange }: FieldsProps & { startsHere: boolean }) {
  const { host, port, ssl, collection, local, newName, tenant, database } = draft;
  return (
    <fieldset className="link-part">
      <legend>Remote</legend>
      <div className="link-address">
        <TextField
          label="Host"
          value={host}
          inputMode="url"
          onChange={(text) => onChange(enterHost(draft, text))}
          error={problems.host}
          startsHere={startsHere}
        />
        <TextField label="Port" value={port} inputMode="numeric" onChange={(text) => onChange({ port: text })} error={problems.port} />
      </div>
      <label className="check link-check">
        <input type="checkbox" checked={ssl} onChange={(event) => onChange({ ssl: event.target.checked })} />
        <span>Encrypted (https)</span>
      </label>
      <TextField label="Collection there" value={collection} placeholder={local || newName || "as here"} onChange={(text) => onChange({ collection: text })} />
      <div className="link-pair">
        <TextField label="Tenant" value={tenant} onChange={(text) => onChange({ tenant: text })} />
        <TextField label="Database" value={database} onChange={(text) => onChange({ database: text })} />
      </div>
    </fieldset>
  );
}

/** How the two are kept the same. */
export function HowFields({ draft, problems, needsToken, onChange }: FieldsProps & { needsToken: boolean }) {
  const { direction, conflict, interval, where, token } = draft;
  const id = useId();
  const intervals = INTERVALS.some(([value]) => value === interval) ? INTERVALS : [...INTERVALS, [interval, describeInterval(interval)] as const];
  return (
    <>
      <RadioGroup
        className="field"
        orientation="horizontal"
        value={direction}
        onChange={(value) => onChange({ direction: value as LinkSettings["direction"], conflict: DEFAULT_POLICIES[value as LinkSettings["direction"]] })}
      >
        <Label>Direction</Label>
        <div className="segments">
          {Object.entries(DIRECTIONS).map(([value, label]) => (
            <Radio key={value} className="segment" value={value}>
              {label}
            </Radio>
          ))}
        </div>
      </RadioGroup>
      <div className="link-pair">
        <div className="field">
          <label htmlFor={`${id}-conflict`}>When two edits meet</label>
          <select
            id={`${id}-conflict`}
            className="input"
            value={conflict}
            onChange={(event) => onChange({ conflict: event.target.value as Policy })}
          >
            {Object.entries(POLICIES).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-interval`}>Look for changes</label>
          <select
            id={`${id}-interval`}
            className="input"
            value={interval}
            onChange={(event) => onChange({ interval: Number(event.target.value) })}
          >
            {intervals.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div className="field">
        <label htmlFor={`${id}-where`}>Only records that match (optional)</label>
        <textarea
          id={`${id}-where`}
          className="input mono"
          rows={2}
          placeholder='{"lang": "en"}'
          spellCheck={false}
          autoCapitalize="none"
          value={where}
          aria-invalid={problems.where !== undefined}
          aria-describedby={`${id}-where-note`}
          onChange={(event) => onChange({ where: event.target.value })}
        />
        <p id={`${id}-where-note`} className={problems.where === undefined ? "dim field-note" : "field-error"}>
          {problems.where ?? "A filter as JSON, as in the “where” of a query. What does not match is left alone there."}
        </p>
      </div>
      <TextField
        label="Token (optional)"
        type="password"
        value={token}
        onChange={(text) => onChange({ token: text })}
        description={
          needsToken
            ? "Enter it again: it is kept in the memory of this page only."
            : "Sent as x-chroma-token. It is kept in the memory of this page only, and asked for again after a reload."
        }
      />
    </>
  );
}
