/** Where `announce` writes. Present from the first render on, since regions that come later are not read. */
export function LiveRegions() {
  return (
    <>
      <output id="live-polite" aria-live="polite" className="sr-only" />
      <div id="live-assertive" aria-live="assertive" role="alert" className="sr-only" />
    </>
  );
}
