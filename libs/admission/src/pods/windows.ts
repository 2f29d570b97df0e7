import type { Container, PodSpec, WindowsSecurityContextOptions } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, utf8Length } from '@shiplog/apimachinery';

const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;
const MAX_CREDENTIALS_KIB = 64;
const MAX_DOMAIN_CHARACTERS = 256;
const MAX_USER_CHARACTERS = 104;
const NETBIOS_DOMAIN = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_DOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const CONTROL_CHARACTER = /\p{Cc}/u;

/** Kubernetes' rules for the options of a Windows container. */
export function validateWindowsOptions(options: WindowsSecurityContextOptions, at: string, problems: Problems): void {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credentials, runAsUserName: user } = options;
  if (name !== undefined) problems.breaches(`${at}.gmsaCredentialSpecName`, name, dnsSubdomain);
  if (credentials !== undefined && utf8Length(credentials) > MAX_CREDENTIALS_KIB * 1024) {
    const rule = `gmsaCredentialSpec size must be under ${MAX_CREDENTIALS_KIB} KiB`;
    problems.invalid(`${at}.gmsaCredentialSpec`, credentials, rule);
  }
  if (user !== undefined) problems.breaches(`${at}.runAsUserName`, user, windowsUser);
}

/** `user` or `DOMAIN\user`. */
function windowsUser(text: string): readonly string[] {
  if (CONTROL_CHARACTER.test(text)) return ['runAsUserName cannot contain control characters'];
  const parts = text.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? parts[0] : undefined;
  const breaches: readonly [boolean, string][] = [
    [
      (domain ?? '').length >= MAX_DOMAIN_CHARACTERS,
      `runAsUserName's Domain length must be under ${MAX_DOMAIN_CHARACTERS} characters`,
    ],
    [
      domain !== undefined && !NETBIOS_DOMAIN.test(domain) && !DNS_DOMAIN.test(domain),
      "runAsUserName's Domain doesn't match the NetBios nor the DNS format",
    ],
    [user === '', "runAsUserName's User cannot be empty"],
    [
      user.length > MAX_USER_CHARACTERS,
      `runAsUserName's User length must not be longer than ${MAX_USER_CHARACTERS} characters`,
    ],
    [/^[. ]+$/.test(user), "runAsUserName's User cannot contain only periods or spaces"],
    [
      /["/\\:;|=,+*?<>@[\]]/.test(user),
      'runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]',
    ],
  ];
  return breaches.filter(([broken]) => broken).map(([, description]) => description);
}

/** A Windows pod runs on its host as a whole or not at all. */
export function validateHostProcess(spec: PodSpec, at: string, problems: Problems): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let onHost = 0;
  const containers = containersOf(spec, at);
  for (const [container, here] of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (own !== undefined && ofPod !== undefined && own !== ofPod) {
      const rule = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      problems.invalid(`${here}.securityContext.windowsOptions.hostProcess`, own, rule);
    }
    if (own ?? ofPod ?? false) onHost += 1;
  }
  if (onHost === 0) return;
  if (onHost !== containers.length) {
    const rule = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    problems.invalid(at, '', rule);
  }
  if (spec.hostNetwork !== true) {
    const rule = 'hostNetwork must be true if pod contains any hostProcess containers';
    problems.invalid(`${at}.hostNetwork`, false, rule);
  }
}

/** Each container of a pod, of whatever kind, and where it is. */
export function containersOf(spec: PodSpec, at: string): readonly (readonly [Container, string])[] {
  const all: (readonly [Container, string])[] = [];
  for (const list of LISTS) spec[list]?.forEach((container, i) => all.push([container, `${at}.${list}[${i}]`]));
  return all;
}
