import { Problems } from './problems';
import { statusOf } from './status';

describe('the errors', () => {
  it('have the texts that clients know', () => {
    expect(statusOf.notFound('pods', 'x')).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'pods "x" not found',
      reason: 'NotFound',
      details: { name: 'x', kind: 'pods' },
      code: 404,
    });
    expect(statusOf.alreadyExists('leases.coordination.k8s.io', 'x').message).toBe(
      'leases.coordination.k8s.io "x" already exists',
    );
    expect(statusOf.conflict('pods', 'x').message).toBe(
      'Operation cannot be fulfilled on pods "x": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect(statusOf.forbidden('pods', '', 'not today').message).toBe('pods is forbidden: not today');
    expect(statusOf.expired('too old').code).toBe(410);
    expect(statusOf.timeout('slow').message).toBe('Timeout: slow');
  });

  it('name every field that is wrong, each sentence once', () => {
    const problems = new Problems();
    problems.required('spec.containers[0].image');
    expect(statusOf.invalid('pods', 'x', problems.causes).message).toBe(
      'Pod "x" is invalid: spec.containers[0].image: Required value',
    );
    problems.invalid('spec.replicas', -1, 'must be greater than or equal to 0');
    problems.duplicate('spec.containers[1].name', 'a');
    problems.notSupported('spec.type', 'X', ['B', 'A']);
    problems.forbidden('spec', 'no');
    problems.forbidden('spec', 'no');
    const status = statusOf.invalid('endpointslices.discovery.k8s.io', 'x', problems.causes);
    expect(status.message).toBe(
      'EndpointSlice.discovery.k8s.io "x" is invalid: [spec.containers[0].image: Required value, ' +
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.containers[1].name: Duplicate value: "a", ' +
        'spec.type: Unsupported value: "X": supported values: "A", "B", spec: Forbidden: no]',
    );
    expect(status.details).toMatchObject({ name: 'x', group: 'discovery.k8s.io', kind: 'EndpointSlice' });
    expect(status.details?.causes?.[1]).toEqual({
      reason: 'FieldValueInvalid',
      message: 'Invalid value: -1: must be greater than or equal to 0',
      field: 'spec.replicas',
    });
  });
});
