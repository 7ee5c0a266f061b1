import { CopyButton } from "../../components/copy-button";
import { ScrollRegion } from "../../components/scroll-region";

/** How a server is told to answer this page: browsers keep from pages what a server does not allow them. */
export function CorsHint({ address }: { address: string }) {
  const settings = `cors_allow_origins: ["${location.origin}"]`;
  const isMixed = location.protocol === "https:" && address.startsWith("http://") && !/^http:\/\/(localhost|127\.0\.0\.1)[:/]/u.test(address);
  return (
    <div className="cors-hint">
      <p>
        A server that runs must also allow this page (CORS). Chroma does so when it is started by <code>chroma run config.yaml</code> with this
        line in <code>config.yaml</code>:
      </p>
      <div className="cors-line">
        <ScrollRegion label="Line of config.yaml" className="json">
          <pre>{settings}</pre>
        </ScrollRegion>
        <CopyButton label="Copy the line" text={settings} />
      </div>
      <p>
        A chromatid server: <code>chromatid run --cors {location.origin}</code>
      </p>
      {isMixed && <p>This page came by https: a browser lets it ask other machines by https only.</p>}
    </div>
  );
}
