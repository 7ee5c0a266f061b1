import { ArrowDown, ArrowLeftRight, ArrowUp, ChevronRight } from "lucide-react";
import { useId } from "react";
import { ErrorNotice, ProblemNotice } from "../../components/problem-notice";
import { formatAgo, formatBytes, formatCount, plural } from "../../lib/format";
import { hrefOf } from "../../lib/hash-route";
import type { LinkEntry } from "../../store/links";
import { useLinkStore } from "../../store/use-links";
import { CorsHint } from "./cors-hint";
import { Decisions } from "./decisions";
import { Journal } from "./journal";
import { LinkActions } from "./link-actions";
import { LinkProgress } from "./link-progress";
import { RefusedList } from "./refused-list";
import { StateBadge } from "./state-badge";
import { TokenForm } from "./token-form";
import { addressOf, describeInterval, describePolicy, describeState, DIRECTIONS, explainTrouble } from "./words";

const ARROWS = { "two-way": ArrowLeftRight, pull: ArrowDown, push: ArrowUp } as const;

/** One link: what it joins, what it does, and what can be done with it. */
export function LinkCard({ entry, now, onChange }: { entry: LinkEntry; now: number; onChange: () => void }) {
  const links = useLinkStore();
  const id = useId();
  const { name, settings, link, status, trouble, isPaused, error } = entry;
  const isSyncing = status?.state === "syncing" && !isPaused;
  const wantsToken = !isPaused && (trouble ? trouble.state === "auth-required" : !link && settings.needsCredentials);
  const Arrow = ARROWS[settings.direction];
  const { tenant, database } = settings.remote;
  return (
    <article className="panel link-card" aria-labelledby={id}>
      <div className="link-head">
        <h2 id={id}>
          <a href={hrefOf("records", name)}>
            {name}
            <ChevronRight aria-hidden size={17} />
          </a>
        </h2>
        <StateBadge state={describeState(entry)} />
      </div>
      <p className="link-ends">
        <Arrow aria-hidden size={16} />
        <span className="dim">{DIRECTIONS[settings.direction]} with</span> <span className="mono">{addressOf(settings.remote)}</span>{" "}
        <span className="mono">
          {tenant}/{database}/{settings.collection}
        </span>
      </p>
      <LinkFacts entry={entry} now={now} />
      {isSyncing && <LinkProgress progress={status.progress} />}
      {trouble && !isPaused && <TroubleNotice entry={entry} trouble={trouble} />}
      {error !== undefined && <ErrorNotice error={error} />}
      {wantsToken && <TokenForm name={name} />}
      {!link && settings.conflict === "function" && <p className="dim">A program decides the conflicts of this link; only that program can open it.</p>}
      {status && status.refused.length > 0 && <RefusedList refused={status.refused} />}
      {link && <Journal link={link} revision={entry.journalRevision} now={now} onRestored={() => void links.sync(name, false)} />}
      <LinkActions entry={entry} onChange={onChange} />
    </article>
  );
}

function TroubleNotice({ entry, trouble }: { entry: LinkEntry; trouble: NonNullable<LinkEntry["trouble"]> }) {
  const problem = explainTrouble(trouble);
  const isToDecide = trouble.state === "relink-required" || trouble.state === "remote-shrank";
  return (
    <>
      <ProblemNotice problem={problem} />
      {problem.isUnreachable && <CorsHint address={addressOf(entry.settings.remote)} />}
      {isToDecide && <Decisions entry={entry} trouble={trouble} />}
    </>
  );
}

function LinkFacts({ entry: { settings, status, link }, now }: { entry: LinkEntry; now: number }) {
  const { pending, lastSync, traffic } = status ?? {};
  return (
    <dl className="facts link-facts">
      <div>
        <dt>Last sync</dt>
        <dd>
          {lastSync === undefined ? (
            link ? "Not since it was opened" : "—"
          ) : (
            <time dateTime={new Date(lastSync).toISOString()} title={new Date(lastSync).toLocaleString()}>
              {formatAgo(lastSync, Math.max(now, lastSync))}
            </time>
          )}
        </dd>
      </div>
      <div>
        <dt>Edits not sent</dt>
        <dd data-testid="pending">{settings.direction === "pull" ? "Are not sent" : pending === undefined ? "—" : formatCount(pending)}</dd>
      </div>
      <div>
        <dt>Traffic</dt>
        <dd>{traffic ? `${plural(traffic.requests, "request")} · ${formatBytes(traffic.sent)} out · ${formatBytes(traffic.received)} in` : "—"}</dd>
      </div>
      <div>
        <dt>Conflicts</dt>
        <dd>{describePolicy(settings.conflict)}</dd>
      </div>
      <div>
        <dt>Looks for changes</dt>
        <dd>{describeInterval(settings.interval)}</dd>
      </div>
      <div>
        <dt>Filter</dt>
        <dd>{settings.where ? <span className="mono">{JSON.stringify(settings.where)}</span> : "None: all records"}</dd>
      </div>
    </dl>
  );
}
