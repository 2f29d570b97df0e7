import { builtIn, type Volume } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { aPod, admission, causesOf } from '../testing/builders';

type Source = Omit<Volume, 'name'>;

const causes = (source: object) =>
  causesOf(admitCreate(builtIn('pods'), aPod({ volumes: [{ name: 'v', ...source } as Volume] }), admission())).map(
    (cause) => cause.replace('spec.volumes[0].', ''),
  );
const MODE = 'must be a number between 0 and 0777 (octal), both inclusive';
const projected = (...sources: object[]) => ({ projected: { sources } });
const token = (fields: object) => projected({ serviceAccountToken: { path: 't', ...fields } });
const downward = (fields: object) => ({
  downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.name' }, ...fields }] },
});
const claim = (fields: object) => ({
  ephemeral: {
    volumeClaimTemplate: {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...fields },
    },
  },
});

describe('a volume', () => {
  it.each<[keyof Source, object, string[]]>([
    ['awsElasticBlockStore', {}, ['awsElasticBlockStore.volumeID']],
    ['azureDisk', { diskURI: 'https://d' }, ['azureDisk.diskName']],
    ['azureFile', {}, ['azureFile.secretName', 'azureFile.shareName']],
    ['cephfs', {}, ['cephfs.monitors']],
    ['cinder', { secretRef: {} }, ['cinder.volumeID', 'cinder.secretRef.name']],
    ['configMap', {}, ['configMap.name']],
    ['ephemeral', {}, ['ephemeral.volumeClaimTemplate']],
    ['fc', {}, ['fc.targetWWNs']],
    ['flexVolume', {}, ['flexVolume.driver']],
    ['flocker', {}, ['flocker']],
    ['gcePersistentDisk', {}, ['persistentDisk.pdName']],
    ['gitRepo', {}, ['gitRepo.repository']],
    ['glusterfs', {}, ['glusterfs.endpoints', 'glusterfs.path']],
    ['hostPath', {}, ['hostPath.path']],
    ['image', {}, ['image.reference']],
    ['iscsi', { chapAuthSession: true }, ['iscsi.targetPortal', 'iscsi.iqn', 'iscsi.secretRef']],
    ['nfs', { path: '/x' }, ['nfs.server']],
    ['persistentVolumeClaim', {}, ['persistentVolumeClaim.claimName']],
    ['photonPersistentDisk', {}, ['photonPersistentDisk.pdID']],
    ['portworxVolume', {}, ['portworxVolume.volumeID']],
    ['quobyte', {}, ['quobyte.volume', 'quobyte.registry']],
    ['rbd', {}, ['rbd.monitors', 'rbd.image']],
    ['scaleIO', {}, ['scaleIO.gateway', 'scaleIO.system', 'scaleIO.volumeName']],
    ['secret', {}, ['secret.secretName']],
    ['storageos', {}, ['storageos.volumeName']],
    ['vsphereVolume', {}, ['vsphereVolume.volumePath']],
  ])('of kind %s has what it can not do without', (kind, fields, required) => {
    const found = causes({ [kind]: fields });
    expect(found.map((cause) => cause.split(':')[0])).toEqual(required);
    for (const cause of found) expect(cause).toContain(': Required value');
  });

  it.each<[string, object, string]>([
    [
      'less than no memory',
      { emptyDir: { sizeLimit: '-1' } },
      'emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity',
    ],
    [
      'an image that is pulled now and then',
      { image: { reference: 'a', pullPolicy: 'Sometimes' } },
      'image.pullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    ],
    [
      'a path of a server that is none',
      { nfs: { server: 's', path: 'x' } },
      'nfs.path: Invalid value: "x": must be an absolute path',
    ],
    [
      'a way out of a repository',
      { gitRepo: { repository: 'r', directory: '../x' } },
      `gitRepo.directory: Invalid value: "../x": must not contain '..'`,
    ],
    [
      'a partition that no disk has',
      { awsElasticBlockStore: { volumeID: 'v', partition: 256 } },
      'awsElasticBlockStore.partition: Invalid value: 256: must be between 1 and 255, inclusive',
    ],
    [
      'an initiator of another kind',
      { iscsi: { targetPortal: 'p', iqn: 'x', lun: 0 } },
      'iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
    ],
    [
      'a unit that is none',
      { fc: { targetWWNs: ['w'], lun: 256 } },
      'fc.lun: Invalid value: 256: must be between 0 and 255, inclusive',
    ],
    [
      'options of the system’s',
      { flexVolume: { driver: 'd', options: { 'a.k8s.io/x': 'y' } } },
      'flexVolume.options[a.k8s.io/x]: Invalid value: "a.k8s.io/x": kubernetes.io and k8s.io namespaces are reserved',
    ],
    [
      'an unknown cache',
      { azureDisk: { diskName: 'd', diskURI: 'https://u', cachingMode: 'X' } },
      'azureDisk.cachingMode: Unsupported value: "X": supported values: "None", "ReadOnly", "ReadWrite"',
    ],
    [
      'a server without a port',
      { quobyte: { volume: 'v', registry: 'host' } },
      'quobyte.registry: Invalid value: "host": must be a host:port pair or multiple pairs separated by commas',
    ],
    [
      'a claim for nothing',
      claim({ accessModes: [] }),
      'ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required',
    ],
    [
      'a claim of no size',
      claim({ resources: {} }),
      'ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value',
    ],
    [
      'files for nobody',
      { secret: { secretName: 's', defaultMode: 0o1000 } },
      `secret.defaultMode: Invalid value: 512: ${MODE}`,
    ],
    [
      'a file that a volume keeps for itself',
      { configMap: { name: 'c', items: [{ key: 'k', path: '..x' }] } },
      `configMap.items[0].path: Invalid value: "..x": must not start with '..'`,
    ],
  ])('is refused with %s', (_what, source, cause) => {
    expect(causes(source)).toEqual([cause]);
  });

  it('of a driver names one', () => {
    expect(causes({ csi: { driver: '' } })).toEqual([
      'csi.driver: Required value',
      expect.stringContaining('csi.driver: Invalid value: "": a lowercase RFC 1123 subdomain'),
    ]);
  });

  it.each<[string, object, string]>([
    [
      'another mode',
      { projected: { defaultMode: 9999, sources: [] } },
      `projected.defaultMode: Invalid value: 9999: ${MODE}`,
    ],
    [
      'two sources as one',
      projected({ configMap: { name: 'a' }, secret: { name: 'b' } }),
      'projected.sources[0]: Forbidden: may not specify more than 1 volume type',
    ],
    [
      'no secret',
      projected({ secret: { items: [{ key: 'a', path: 'b' }] } }),
      'projected.sources[0].secret.name: Required value',
    ],
    [
      'two files in one place',
      projected(
        { secret: { name: 's', items: [{ key: 'a', path: 'x' }] } },
        { configMap: { name: 'c', items: [{ key: 'a', path: 'x' }] } },
      ),
      'projected: Invalid value: "c": conflicting duplicate paths',
    ],
    [
      'a token for a moment',
      token({ expirationSeconds: 60 }),
      'projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ],
    ['a token nowhere', token({ path: '' }), 'projected.path: Required value'],
    [
      'a bundle of nobody',
      projected({ clusterTrustBundle: { path: 'p' } }),
      'projected.sources[0].clusterTrustBundlePEM: Required value: either name or signerName must be specified',
    ],
    ['a way out', downward({ path: '../x' }), `downwardAPI.path: Invalid value: "../x": must not contain '..'`],
    [
      'nothing to say',
      downward({ fieldRef: undefined }),
      'downwardAPI: Required value: one of fieldRef and resourceFieldRef is required',
    ],
    [
      'an amount of no container',
      downward({ fieldRef: undefined, resourceFieldRef: { resource: 'limits.cpu' } }),
      'downwardAPI.resourceFieldRef.containerName: Required value',
    ],
    [
      'an unreadable field',
      downward({ fieldRef: { fieldPath: 'spec.nodeName' } }),
      'downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
    ],
  ])('of several sources is refused with %s', (_what, source, cause) => {
    expect(causes(source)).toEqual([cause]);
  });

  it.each<[string, object]>([
    ['memory of some size', { emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } }],
    ['a server’s directory', { nfs: { server: 's', path: '/x' } }],
    ['a whole disk', { gcePersistentDisk: { pdName: 'd' } }],
    ['a claim of its own', claim({})],
    [
      'an initiator',
      { iscsi: { targetPortal: '10.0.0.2:3260', iqn: 'iqn.2001-04.com.example:storage.kube.sys1.xyz', lun: 0 } },
    ],
    ['all labels', downward({ fieldRef: { fieldPath: 'metadata.labels' } })],
    ['a driver in capitals', { csi: { driver: 'Example.com' } }],
    ['the default token', token({})],
    [
      'two tokens in one place',
      projected({ serviceAccountToken: { path: 't' } }, { serviceAccountToken: { path: 't' } }),
    ],
    ['no sources', projected()],
  ])('may be %s', (_what, source) => {
    expect(causes(source)).toEqual([]);
  });
});
