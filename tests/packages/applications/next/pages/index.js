import { open } from "chromatid";
import { useEffect } from "react";

import { program } from "../../program.js";

export default function Page() {
  useEffect(() => {
    window.answer = program({ open });
  }, []);
  return <p>colours</p>;
}
