/** Names the stops of a tour (tour.ts); templates are checked, so the attribute must be known. */
export {};
declare module 'vue' {
  interface HTMLAttributes {
    'data-tour'?: string;
  }
  interface AllowedComponentProps {
    'data-tour'?: string;
  }
}
