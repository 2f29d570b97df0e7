/** A containerd of one's own: how it is configured for pods whose network is somebody else's to see to. */
export { containerdFiles, SANDBOX_IMAGE, type ContainerdPlaces } from './containerd-files';
export { writeContainerdFiles } from './write-files';
