import { join } from 'node:path';

/** What sandboxes are made of: the kubelet brings it, so that none is fetched from a registry. */
export const SANDBOX_IMAGE = 'docker.io/shiplog/pause:1';

export interface ContainerdPlaces {
  /** Where images and containers are kept. */
  readonly root: string;
  /** Where the state of processes is kept: gone after a reboot. */
  readonly state: string;
  readonly socket: string;
  /** For its configuration. */
  readonly folder: string;
  readonly logLevel?: string;
}

interface File {
  readonly path: string;
  readonly text: string;
  readonly isProgram?: boolean;
}

/** None of these snapshotters is used; those that can't work here say so at each start. */
const UNUSED = ['aufs', 'btrfs', 'devmapper', 'zfs'].map((name) => `"io.containerd.snapshotter.v1.${name}"`);

/** Where Kubernetes' users have the certificates of their registries (and Docker's). */
const REGISTRIES = '/etc/containerd/certs.d:/etc/docker/certs.d';

/** All that a containerd of one's own is started with (version 1.6 or later); the first file is its configuration. */
export function containerdFiles(places: ContainerdPlaces): readonly [File, ...File[]] {
  const plugins = join(places.folder, 'cni', 'bin');
  return [
    { path: join(places.folder, 'containerd.toml'), text: configOf(places, plugins) },
    { path: join(places.folder, 'cni', 'net.d', '10-shiplog.conflist'), text: JSON.stringify(NETWORK) },
    { path: join(plugins, DETACHED), text: DETACHED_PROGRAM, isProgram: true },
    { path: join(plugins, 'loopback'), text: LOOPBACK_PROGRAM, isProgram: true },
  ];
}

function configOf({ root, state, socket, folder, logLevel = 'warn' }: ContainerdPlaces, plugins: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${root}"
state = "${state}"
oom_score = 0
disabled_plugins = [${UNUSED.join(', ')}]
[grpc]
  address = "${socket}"
[debug]
  level = "${logLevel}"
[${cri}]
  sandbox_image = "${SANDBOX_IMAGE}"
  # Sandboxes ask for a score below zero, which not every machine lets them have.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[${cri}.cni]
  bin_dir = "${plugins}"
  conf_dir = "${join(folder, 'cni', 'net.d')}"
[${cri}.registry]
  config_path = "${REGISTRIES}"
`;
}

const DETACHED = 'shiplog-detached';
const VERSION = '0.4.0';
const NETWORK = { cniVersion: VERSION, name: 'shiplog', plugins: [{ type: DETACHED }] };

/** A network plug-in (CNI), a program that is asked by its environment: what it does, and which address it tells. */
function pluginThat(does: string, address: string): string {
  const interfaces = `[{"name":"'"$CNI_IFNAME"'","sandbox":"'"$CNI_NETNS"'"}]`;
  const ips = `[{"version":"4","interface":0,"address":"${address}"}]`;
  return `#!/bin/sh
set -e
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"${VERSION}","supportedVersions":["0.3.0","0.3.1","${VERSION}"]}' ;;
ADD)
  ${does}
  echo '{"cniVersion":"${VERSION}","interfaces":${interfaces},"ips":${ips}}' ;;
esac
`;
}

/**
 * Connects nothing: the node's network agent does that once the sandbox runs. containerd insists on an address, so it is told the
 * one that says "none".
 */
const DETACHED_PROGRAM = pluginThat(':', '0.0.0.0/32');

/** Each sandbox's loopback is a network of its own to containerd, by a plug-in of this name. */
const LOOPBACK_PROGRAM = pluginThat('nsenter --net="$CNI_NETNS" ip link set lo up', '127.0.0.1/8');
