"""Nova's own fake driver, plus: it survives a restart of nova-compute, and a test can steer it.

Server metadata read at build time:
  fake:spawn_delay = SECONDS    stay in BUILD/spawning that long
  fake:spawn_fail  = abort      the build ends in ERROR, with a fault
  fake:spawn_fail  = reschedule fails on every host tried, ends in ERROR (retries exhausted)
"""
import io
import time

from nova.compute import power_state
from nova import context as nova_context
from nova import exception
from nova.image import glance
from nova import objects
from nova.virt import fake
from oslo_log import log as logging

LOG = logging.getLogger(__name__)


class FakeDriver(fake.FakeDriver):
    capabilities = dict(fake.FakeDriver.capabilities,
                        supports_migrate_to_same_host=True,
                        supports_bfv_rescue=True)
    vcpus = 100000
    memory_mb = 100000 * 1024
    local_gb = 10000000

    def init_host(self, host):
        super().init_host(host)
        found = objects.InstanceList.get_by_host(
            nova_context.get_admin_context(), host, expected_attrs=['info_cache', 'flavor'])
        for inst in found:
            if inst.vm_state in ('building', 'error', 'deleted', 'soft-delete',
                                 'shelved_offloaded'):
                continue
            state = inst.power_state
            if state in (None, power_state.NOSTATE):
                state = power_state.RUNNING
            self.instances[inst.uuid] = fake.FakeInstance(inst.name, state, inst.uuid)
            self.resources.claim(vcpus=inst.flavor.vcpus, mem=inst.flavor.memory_mb,
                                 disk=inst.flavor.root_gb)
            if inst.info_cache and inst.info_cache.network_info:
                for vif in inst.info_cache.network_info:
                    self._interfaces[vif['id']] = vif
        LOG.info('fake host %s has %d instances again', host, len(self.instances))

    def spawn(self, context, instance, *args, **kwargs):
        meta = instance.metadata or {}
        try:
            delay = float(meta.get('fake:spawn_delay', 0))
        except ValueError:
            delay = 0
        if delay > 0:
            time.sleep(delay)
        fail = meta.get('fake:spawn_fail')
        if fail == 'reschedule':
            raise exception.NovaException('fake:spawn_fail asked for a reschedule')
        if fail:
            raise exception.BuildAbortException(
                instance_uuid=instance.uuid, reason='fake:spawn_fail asked for it')
        super().spawn(context, instance, *args, **kwargs)

    def snapshot(self, context, instance, image_id, update_task_state):
        # upstream's leaves the image 'queued' for ever
        super().snapshot(context, instance, image_id, update_task_state)
        images = glance.API()
        name = images.get(context, image_id)['name']
        images.update(context, image_id, {
            'status': 'active', 'name': name, 'disk_format': 'raw', 'container_format': 'bare',
            'properties': {'image_location': 'snapshot', 'image_state': 'available',
                           'owner_id': instance.project_id},
        }, io.BytesIO(b'\0' * 65536))

    def get_host_ip_addr(self):
        return '127.0.0.1'

    def get_console_output(self, context, instance):
        return ('[    0.000000] Linux version fake\n'
                'cloud-init: Cloud-init finished\n%s login: ' % instance.hostname)
