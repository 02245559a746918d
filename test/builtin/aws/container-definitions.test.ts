import { describe, expect, test } from 'vitest'
import {
  normalizeContainerDefinitions,
  parseContainerDefinitions,
  sameContainerDefinitions,
} from '../../../src/builtin/aws/ecs/container-definitions.ts'

const one = (container: object) => JSON.stringify([{ name: 'app', image: 'app', ...container }])

describe('texts of container definitions', () => {
  test.each<[what: string, a: object, b: object]>([
    ['order of members', { cpu: 1, memory: 2 }, { memory: 2, cpu: 1 }],
    [
      'what ECS fills in',
      {},
      { cpu: 0, essential: true, environment: [], mountPoints: [], volumesFrom: [], systemControls: [], portMappings: [] },
    ],
    [
      'a protocol and a host port',
      { portMappings: [{ containerPort: 80 }] },
      { portMappings: [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }] },
    ],
    [
      'the order of variables',
      {
        environment: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
      },
      {
        environment: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
    ],
    [
      'the order of secrets',
      {
        secrets: [
          { name: 'B', valueFrom: 'b' },
          { name: 'A', valueFrom: 'a' },
        ],
      },
      {
        secrets: [
          { name: 'A', valueFrom: 'a' },
          { name: 'B', valueFrom: 'b' },
        ],
      },
    ],
    ['null and empty', { command: null, links: [], user: '' }, {}],
    [
      'the case of first letters',
      { Memory: 3, PortMappings: [{ ContainerPort: 80 }] },
      { memory: 3, portMappings: [{ containerPort: 80 }] },
    ],
  ])('%s: no difference', (_what, a, b) => {
    expect(sameContainerDefinitions(one(a), one(b), false)).toBe(true)
  })

  test.each<[what: string, a: object, b: object]>([
    ['an image', {}, { image: 'other' }],
    ['not essential', {}, { essential: false }],
    ['a host port', { portMappings: [{ containerPort: 80 }] }, { portMappings: [{ containerPort: 80, hostPort: 80 }] }],
    ['UDP', { portMappings: [{ containerPort: 80 }] }, { portMappings: [{ containerPort: 80, protocol: 'udp' }] }],
    ['a value', { environment: [{ name: 'A', value: '1' }] }, { environment: [{ name: 'A', value: '2' }] }],
    ['the order of a command', { command: ['a', 'b'] }, { command: ['b', 'a'] }],
    ['the case of a label', { dockerLabels: { Team: 'x' } }, { dockerLabels: { team: 'x' } }],
  ])('%s: a difference', (_what, a, b) => {
    expect(sameContainerDefinitions(one(a), one(b), false)).toBe(false)
  })

  test('of tasks with a network of their own have the port of the container on the host', () => {
    const [a, b] = [one({ portMappings: [{ containerPort: 80 }] }), one({ portMappings: [{ containerPort: 80, hostPort: 80 }] })]
    expect(sameContainerDefinitions(a, b, true)).toBe(true)
  })

  test('the order of containers is no difference', () => {
    const [a, b] = [{ name: 'a' }, { name: 'b' }]
    expect(sameContainerDefinitions(JSON.stringify([a, b]), JSON.stringify([b, a]), false)).toBe(true)
  })

  test('are stored with members, variables and containers in order', () => {
    const text =
      '[{"name":"b","environment":[{"value":"2","name":"B"},{"value":"1","name":"A"}],"cpu":0},{"name":"a","dockerLabels":{"Z":"1","Y":"2"}}]'
    expect(normalizeContainerDefinitions(text)).toBe(
      '[{"dockerLabels":{"Y":"2","Z":"1"},"name":"a"},{"environment":[{"name":"A","value":"1"},{"name":"B","value":"2"}],"name":"b"}]',
    )
  })

  test.each(['', '{', '{}', '[1]', '"text"'])('%j is none', (text) => {
    expect(parseContainerDefinitions(text)).toBeUndefined()
    expect(normalizeContainerDefinitions(text)).toBe(text)
  })
})
