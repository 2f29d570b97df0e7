import { refusal } from './door';

describe('a refusal', () => {
  it('is an answer where Kubernetes says what is the case', () => {
    expect(refusal(404, 'NotFound', '')).toMatchObject({ kind: 'answered', answer: { kind: 'absent' } });
    expect(refusal(409, 'AlreadyExists', '')).toMatchObject({ kind: 'answered', answer: { kind: 'exists' } });
    expect(refusal(409, 'Conflict', '')).toMatchObject({ kind: 'answered', answer: { kind: 'conflict' } });
  });

  it('is none where the write may have been done', () => {
    for (const code of [408, 429, 500, 503, 504]) expect(refusal(code, 'x', '')).toEqual({ kind: 'unanswered' });
  });

  it('is odd where nothing of the kind was asked for', () => {
    expect(refusal(400, 'BadRequest', 'no')).toEqual({ kind: 'odd', problem: 'answered 400 BadRequest: no' });
    expect(refusal(404, undefined, '')).toMatchObject({ kind: 'odd' });
  });
});
