/** What is drawn under the outlines of areas, when the operator has set something. */

export interface BaseMap {
  /** `xyz`: pictures from an address with {z}, {x} and {y}; `pmtiles`: one file of vector tiles, read in ranges */
  kind: 'xyz' | 'pmtiles';
  url: string;
  /** the operator's own words, such as whose map it is and its approval number */
  attribution: string;
}
