/**
 * What the first line and the headers of a request may come to, in bytes. Go allows a mebibyte, of which each connection could
 * have us hold that much before it says who it is of; tokens, selectors and the like stay far below this.
 */
export const MAX_HEADER_BYTES = 64 * 1024;
