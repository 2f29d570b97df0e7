import { bytesField, message, textField } from '../openapi/wire';
import { decodeKubernetesProtobuf } from './decode';
import { MalformedProtobuf } from './read-wire';

const number = (field: number, value: number): Uint8Array => Uint8Array.from([field << 3, value]);

/** An object as client-go sends it. */
function envelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const type = message(textField(1, apiVersion), textField(2, kind));
  return message(Uint8Array.from([0x6b, 0x38, 0x73, 0]), bytesField(1, type), bytesField(2, raw));
}

const entry = (key: string, value: string): Uint8Array => message(textField(1, key), textField(2, value));

describe('decodeKubernetesProtobuf', () => {
  it('reads a ConfigMap with its maps, and leaves out what client-go writes for nothing', () => {
    const metadata = message(
      textField(1, 'a'),
      textField(2, ''),
      bytesField(8, new Uint8Array()),
      bytesField(11, entry('app', 'web')),
    );
    const raw = message(bytesField(1, metadata), bytesField(2, entry('x', '1')), bytesField(3, entry('bin', 'Ab')));
    expect(decodeKubernetesProtobuf(envelope('v1', 'ConfigMap', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', labels: { app: 'web' } },
      data: { x: '1' },
      binaryData: { bin: Buffer.from('Ab').toString('base64') },
    });
  });

  it('reads ports that are numbers or names, and drops a node port of 0, but no target port', () => {
    const asNumber = bytesField(4, message(number(1, 0), number(2, 80)));
    const asText = bytesField(4, message(number(1, 1), textField(3, 'http')));
    const port = (target: Uint8Array | undefined): Uint8Array => message(number(3, 80), target, number(5, 0));
    const unset = bytesField(4, message(number(1, 0), number(2, 0), textField(3, '')));
    const ports = [asNumber, asText, unset].map((target) => bytesField(1, port(target)));
    const spec = message(...ports, number(13, 0));
    expect(decodeKubernetesProtobuf(envelope('v1', 'Service', bytesField(2, spec) ?? spec))).toMatchObject({
      spec: {
        ports: [
          { port: 80, targetPort: 80 },
          { port: 80, targetPort: 'http' },
          { port: 80, targetPort: 0 },
        ],
      },
    });
  });

  it('keeps a 0 that was given: no replicas, no grace', () => {
    const options = message(number(1, 0));
    expect(decodeKubernetesProtobuf(envelope('v1', 'DeleteOptions', options))).toMatchObject({ gracePeriodSeconds: 0 });
    const rc = message(bytesField(2, number(1, 0)));
    expect(decodeKubernetesProtobuf(envelope('v1', 'ReplicationController', rc))).toMatchObject({
      spec: { replicas: 0 },
    });
  });

  it('leaves out a zero where JSON does, and keeps it where Go has a pointer', () => {
    const probe = message(
      bytesField(1, bytesField(4, message(number(1, 80), bytesField(2, new Uint8Array())))),
      number(2, 0),
    );
    const container = message(textField(1, 'c'), bytesField(10, probe));
    const pod = message(bytesField(2, message(bytesField(2, container), number(11, 0))));
    expect(decodeKubernetesProtobuf(envelope('v1', 'Pod', pod))['spec']).toEqual({
      containers: [{ name: 'c', livenessProbe: { grpc: { port: 80, service: '' } } }],
    });
  });

  it('reads what JSON has inline: the source of a volume', () => {
    const source = message(bytesField(2, message(textField(1, 'Memory'))));
    const volume = message(textField(1, 'cache'), bytesField(2, source));
    const pod = message(bytesField(2, bytesField(1, volume)));
    expect(decodeKubernetesProtobuf(envelope('v1', 'Pod', pod))).toMatchObject({
      spec: { volumes: [{ name: 'cache', emptyDir: { medium: 'Memory' } }] },
    });
  });

  it('goes no deeper into schemas than JSON may be', () => {
    let schema = new Uint8Array() as Uint8Array;
    for (let level = 0; level < 300; level++) schema = bytesField(28, schema) ?? schema;
    const version = bytesField(4, bytesField(1, schema));
    const crd = message(bytesField(2, bytesField(7, version)));
    expect(() =>
      decodeKubernetesProtobuf(envelope('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crd)),
    ).toThrow(new MalformedProtobuf('the message is nested too deeply'));
  });

  it('reads negative numbers, which have all 64 bits', () => {
    const minusOne = Uint8Array.from([0x08, ...Array.from({ length: 9 }, () => 0xff), 0x01]);
    expect(decodeKubernetesProtobuf(envelope('v1', 'DeleteOptions', minusOne))).toMatchObject({
      gracePeriodSeconds: -1,
    });
  });

  it('keeps every key of a map, as JSON does', () => {
    const raw = message(bytesField(2, entry('__proto__', '1')), bytesField(2, entry('constructor', '2')));
    expect(JSON.stringify(decodeKubernetesProtobuf(envelope('v1', 'ConfigMap', raw)))).toBe(
      '{"apiVersion":"v1","kind":"ConfigMap","data":{"__proto__":"1","constructor":"2"}}',
    );
  });

  /** A ConfigMap whose metadata has this field. */
  const withMetadata = (field: Uint8Array | undefined): Uint8Array =>
    envelope('v1', 'ConfigMap', bytesField(1, message(field)) ?? new Uint8Array());
  const long = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

  it.each([
    ['a length that is negative', withMetadata(long(0x0a, 0xf5, ...Array.from({ length: 8 }, () => 0xff), 0x01))],
    ['a length of more than there is', withMetadata(long(0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f, 1))],
    ['a number of more than 64 bits', withMetadata(long(0x38, ...Array.from({ length: 9 }, () => 0x80), 0x02))],
    ['a field without a number', withMetadata(long(0x02, 0))],
    ['a time that no calendar has', withMetadata(bytesField(8, long(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)))],
    ['a text for a number', withMetadata(textField(7, '1'))],
    [
      'field ownership that is no JSON',
      withMetadata(bytesField(17, message(bytesField(7, message(textField(1, '{')))))),
    ],
    ['something else', new TextEncoder().encode('{"kind":"Pod"}')],
    ['a kind that is not served', envelope('apps/v1', 'Nothing', new Uint8Array())],
    ['a message that is cut short', envelope('v1', 'Pod', Uint8Array.from([0x0a, 0x7f, 1]))],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeKubernetesProtobuf(bytes)).toThrow(MalformedProtobuf);
  });
});
