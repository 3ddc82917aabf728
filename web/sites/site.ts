/** What a person says of a known place. */
export interface SiteWords {
  name: string;
  /** metres; null: the usual radius of the station */
  radiusM: number | null;
  note: string | null;
}
