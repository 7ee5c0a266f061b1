import "./main.js";

export default function Frameworks() {
  return "frameworks";
}
