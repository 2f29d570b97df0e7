export { decodeKubernetesProtobuf } from './decode';
export { MalformedProtobuf } from './read-wire';
