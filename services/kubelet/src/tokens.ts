/** What is injectable in the kubelet by name: what has an interface, or is a plain value. */

/** The container engine, as `PodRuntime`. */
export const POD_RUNTIME = Symbol('pod runtime');
/** How pods get their network, as `PodNetwork`. */
export const POD_NETWORK = Symbol('pod network');
/** The objects that containers are configured from, as `ConfigSource`. */
export const CONFIG_SOURCE = Symbol('config source');
/** What this machine is, as `MachineFacts`. */
export const MACHINE = Symbol('machine');
/** What this node has, and what of it is for pods, as `NodeResources`. */
export const NODE_RESOURCES = Symbol('node resources');
/** What pods may be told of this node, as `NodeFacts`. */
export const NODE_FACTS = Symbol('node facts');
/** What all nodes hear alike, as `SharedView`: only where one process is several nodes. */
export const SHARED_VIEW = Symbol('shared view');
