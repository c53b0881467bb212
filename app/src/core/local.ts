// The few values that are known before anything is read. A browser that keeps
// nothing refuses even to name its store: there they last as long as the page.
type Local = { known?: string; language?: string };

export const local = ((): Local => {
  try { return localStorage as Local; } catch { return {}; }
})();
