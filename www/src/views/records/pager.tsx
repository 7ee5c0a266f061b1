import { ChevronLeft, ChevronRight } from "lucide-react";
import { Button } from "react-aria-components";
import { formatCount } from "../../lib/format";

interface PagerProps {
  /** From 1 */
  page: number;
  pageSize: number;
  count: number;
  onPage: (page: number) => void;
}

/** Where in the records the page is, and steps to the next. */
export function Pager({ page, pageSize, count, onPage }: PagerProps) {
  const last = Math.max(1, Math.ceil(count / pageSize));
  const first = (page - 1) * pageSize + 1;
  return (
    <nav className="pager" aria-label="Pages">
      <p role="status">
        {first <= count ? `${formatCount(first)}–${formatCount(Math.min(count, first + pageSize - 1))}` : "None"} of {formatCount(count)}
      </p>
      <Button className="icon-button" aria-label="Previous page" isDisabled={page <= 1} onPress={() => onPage(Math.min(page - 1, last))}>
        <ChevronLeft aria-hidden size={18} />
      </Button>
      <span className="pager-page">
        Page {formatCount(page)} of {formatCount(last)}
      </span>
      <Button className="icon-button" aria-label="Next page" isDisabled={page >= last} onPress={() => onPage(page + 1)}>
        <ChevronRight aria-hidden size={18} />
      </Button>
    </nav>
  );
}
