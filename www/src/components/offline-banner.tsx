import { WifiOff } from "lucide-react";
import { useOnline } from "../lib/hooks";

/** Says that the network is gone and that nothing here needs it. */
export function OfflineBanner() {
  const online = useOnline();
  return (
    <div role="status" className="banner-slot">
      {!online && (
        <p className="banner">
          <WifiOff aria-hidden size={16} />
          You are offline. Everything here works without a network.
        </p>
      )}
    </div>
  );
}
