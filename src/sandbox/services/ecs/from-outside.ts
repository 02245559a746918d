import type { Call } from '../../kernel/call.ts'
import type { InstanceRow } from '../ec2/_rows.ts'
import { tasks } from './_rows.ts'
import { clusterOfUserData, findByInstance } from './container-instance.ts'

/**
 * Whether something answers on a TCP port of an instance. Instances of a cluster have what their tasks bind; of others the
 * sandbox does not know what runs on them, and takes it that everything answers.
 */
export function listensOn(call: Call, instance: InstanceRow, port: number): boolean {
  if (port === 22 || clusterOfUserData(instance.userData) === undefined) return true
  const own = findByInstance(call, instance.id)
  if (own === undefined) return false
  return [...tasks(call).values()].some(
    (task) =>
      task.containerInstance === own.id && task.status === 'RUNNING' && task.ports.some((p) => p.hostPort === port && p.protocol === 'tcp'),
  )
}
