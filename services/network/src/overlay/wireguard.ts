import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { ProgramError, withInput, type HostNetwork } from '@shiplog/hostnet';
import { planConfiguration, readDump, type ObservedWireguard, type WantedWireguard } from '../domain/wireguard';

/** WireGuard can't be had here, though it was asked for: nothing takes its place. */
export class WireguardUnavailable extends Error {
  constructor(reason: string, options: ErrorOptions) {
    super(`BACKEND is wireguard, and ${reason}`, options);
    this.name = 'WireguardUnavailable';
  }
}

/** A node's end of the encrypted tunnels. Its private key is in the kernel alone, and is another when the interface is. */
export class Wireguard {
  /** Made for an interface that is not there yet. */
  #nextKey: string | undefined;

  constructor(private readonly network: HostNetwork) {}

  /** What there is of the interface; undefined when there is none. Throws WireguardUnavailable. */
  async observe(name: string, exists: boolean): Promise<ObservedWireguard | undefined> {
    return exists ? readDump(await this.#wg(`wg show ${name} dump`)) : undefined;
  }

  /** The node's public key: of the interface, or of the one to come. */
  publicKey(observed: ObservedWireguard | undefined): string {
    return publicKeyOf(this.#privateKey(observed));
  }

  /** Gives the interface its key and its peers, as far as it differs. Throws WireguardUnavailable. */
  async configure(wanted: WantedWireguard, observed: ObservedWireguard | undefined): Promise<void> {
    const configuration = planConfiguration(wanted, this.#privateKey(observed), observed);
    // By a pipe: what a process is called with, others can read.
    if (configuration !== undefined) await this.#wg(withInput(`wg syncconf ${wanted.name} /dev/stdin`, configuration));
  }

  #privateKey(observed: ObservedWireguard | undefined): string {
    if (observed !== undefined && observed.privateKey !== '') return observed.privateKey;
    return (this.#nextKey ??= newPrivateKey());
  }

  async #wg(script: string): Promise<string> {
    try {
      return await this.network.script(script);
    } catch (error) {
      if (!(error instanceof ProgramError) || !/wg: (command )?not found/.test(error.said)) throw error;
      throw new WireguardUnavailable('the program wg is missing (apt-get install wireguard-tools)', { cause: error });
    }
  }
}

/** Says more plainly that the kernel knows no such interfaces. */
export function withWireguardReason(error: unknown): unknown {
  const isUnknown = error instanceof ProgramError && /Unknown device type|Operation not supported/.test(error.said);
  if (!isUnknown) return error;
  return new WireguardUnavailable('this kernel has no WireGuard (CONFIG_WIREGUARD, Linux 5.6 or later)', {
    cause: error,
  });
}

function newPrivateKey(): string {
  return rawKey(generateKeyPairSync('x25519').privateKey, 'd');
}

function publicKeyOf(privateKey: string): string {
  // The ASN.1 of RFC 8410 before the 32 bytes of a private key of X25519.
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b656e04220420', 'hex'),
    Buffer.from(privateKey, 'base64'),
  ]);
  return rawKey(createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })), 'x');
}

/** WireGuard writes keys in base64, JSON Web Keys (RFC 8037) in its variety for URLs. */
function rawKey(key: KeyObject, field: keyof JsonWebKey): string {
  return Buffer.from(String(key.export({ format: 'jwk' })[field]), 'base64url').toString('base64');
}
