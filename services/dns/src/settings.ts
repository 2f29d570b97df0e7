import { text, integer, optionalText, type CommonConfig, type ConfigOf } from '@shiplog/service';

const ADDRESS = /^[0-9a-fA-F:.]+$/;

/** The settings of the cluster's DNS; `--help` shows them with their defaults. */
export const dnsSettings = {
  address: text({
    env: 'DNS_ADDRESS',
    description: 'Address on which questions are answered; pods must reach it.',
    pattern: ADDRESS,
    example: '172.30.0.1',
  }),
  port: integer({ env: 'DNS_PORT', description: 'Port, of UDP and TCP.', default: 53, min: 1, max: 65_535 }),
  clusterIp: optionalText({
    env: 'CLUSTER_DNS',
    description: 'Address of the Service kube-dns, which pods ask. Not given: there is no such Service.',
  }),
  clusterDomain: text({
    env: 'CLUSTER_DOMAIN',
    description: "Domain of the cluster's names.",
    default: 'cluster.local',
    pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    example: 'cluster.local',
  }),
  resolvConf: text({
    env: 'RESOLV_CONF',
    description: 'File with the servers that are asked for all other names; read again when it changes.',
    default: '/etc/resolv.conf',
    pattern: /^\//,
    example: '/run/systemd/resolve/resolv.conf',
  }),
  stubDomains: text({
    env: 'STUB_DOMAINS',
    description: 'Domains with servers of their own.',
    default: '',
    pattern: /^([^=,;]+=[^=;]+(;[^=,;]+=[^=;]+)*)?$/,
    example: 'corp.example=10.1.0.5,10.1.0.6:5353;lab=10.2.0.1',
  }),
};

export type DnsConfig = ConfigOf<typeof dnsSettings> & CommonConfig;
