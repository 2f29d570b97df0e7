/** The host's network as services use it: its programs run, its nftables scripts written. */
export * from './elements';
export { FollowedProgram, type HearLine } from './follow';
export * from './forwarding';
export * from './host-network';
export * from './netlink/carry-netlink';
export { listUdpFlows, readUdpFlows, type TrackedFlow } from './netlink/conntrack-messages';
export * from './netlink/forget-flows';
export * from './nft';
export * from './nft-tables';
export * from './run';
export * from './shell';
export * from './resolv-conf';
export * from './static-elf';
