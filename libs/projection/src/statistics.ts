/** What became of what a projection heard. */
export interface Statistics {
  /** Events that were there already. */
  repeated: number;
  /** A deposed journal's events and heads. */
  disbelieved: number;
  gaps: number;
  reloads: number;
  /** Hashes that were the journal's, and that were not. */
  hashesProved: number;
  hashesFailed: number;
}

export const NOTHING_YET: Readonly<Statistics> = {
  repeated: 0,
  disbelieved: 0,
  gaps: 0,
  reloads: 0,
  hashesProved: 0,
  hashesFailed: 0,
};
