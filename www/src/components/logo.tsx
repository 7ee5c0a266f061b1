/** Two sister chromatids. The same drawing as `public/icon.svg`. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" width="26" height="26" aria-hidden>
      <path d="M9 5.5c0 6 6 7 6 10.5s-6 4.5-6 10.500" />
      <path d="M23 5.5c0 6-6 7-6 10.5s6 4.5 6 10.500" />
    </svg>
  );
}
