/**
 * The page's content security policy refuses HTML and script addresses made from strings. This default policy lets through
 * the only two that are needed: Leaflet's constant probe for inline SVG when it loads, and our own service worker's address.
 * Anything else keeps being refused, so it is a wall and not a door.
 */
interface PolicyFactory {
  createPolicy: (
    name: string,
    rules: { createHTML: (text: string) => string | null; createScriptURL: (url: string) => string | null },
  ) => unknown;
  defaultPolicy?: unknown;
}
const PROBE = '<svg/>';

/** Call before Leaflet is loaded or a service worker is registered; a second call does nothing. */
export function allowKnownStrings(): void {
  const factory = (window as { trustedTypes?: PolicyFactory }).trustedTypes;
  if (!factory || factory.defaultPolicy) return;
  try {
    factory.createPolicy('default', {
      createHTML: (text) => (text === PROBE ? text : null),
      createScriptURL: (url) => (new URL(url, location.href).origin === location.origin ? url : null),
    });
  } catch (error) {
    console.error('the content security policy must allow the trusted type policy "default"', error);
  }
}
