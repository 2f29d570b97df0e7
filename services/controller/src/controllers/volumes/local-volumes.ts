/** What a node came to with a directory: a sentence, when it failed or did not answer. */
export type Made = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly problem: string };
export type Removed = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** The directories that nodes keep for volumes, each by the volume's name. Asked twice, a node does and answers the same. */
export interface LocalVolumes {
  /** Where the volume's files are on the node. */
  make(node: string, volume: string): Promise<Made>;
  /** Also ok where there is no such directory. `onlyEmpty`: also where there is something in it, which then stays. */
  remove(node: string, volume: string, options?: { readonly onlyEmpty?: boolean }): Promise<Removed>;
}
