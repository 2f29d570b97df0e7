/** The kernel's network as services use it: its programs run, its nftables scripts written. */
export * from './kernel';
export * from './nft';
export * from './run';
export * from './shell';
