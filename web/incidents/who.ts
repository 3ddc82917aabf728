/** Who is at an incident: a mark of letters, and the same in words. */
export interface Who {
  mark: string;
  words: string;
  /** has it in hand, or only looks at it */
  kind: 'mine' | 'claimed' | 'looking';
}
