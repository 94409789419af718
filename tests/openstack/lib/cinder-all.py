#!/usr/bin/python3
"""The API, the scheduler and the volume service of Cinder in one process.

Each is started as its own main starts it.  Three to six processes, each importing all of Cinder,
would take several times the memory.
"""
import sys

import cinder.cmd.api as api                     # first: it calls eventlet.monkey_patch
import cinder.cmd.scheduler                      # registers its options
import cinder.cmd.volume as volume
from cinder import context, coordination, objects, rpc, service, utils, version
from cinder.common import config
from oslo_config import cfg
from oslo_log import log as logging
from oslo_service import service as oslo_service

CONF = cfg.CONF


class Scheduler(service.Service):
    """Upstream's reports by a class attribute: the id of the service made last, cinder-volume's."""

    def report_state(self):
        try:
            mine = objects.Service.get_by_id(context.get_admin_context(), self.origin_service_id)
            mine.report_count += 1
            mine.save()
        except Exception:
            volume.LOG.exception('the scheduler cannot report')


objects.register_all()
CONF(sys.argv[1:], project='cinder', version=version.version_string())
config.set_middleware_defaults()
logging.setup(CONF, 'cinder')
volume.LOG = logging.getLogger('cinder.cmd.volume')
utils.monkey_patch()
coordination.COORDINATOR.start()
rpc.init(CONF)
launcher = oslo_service.ServiceLauncher(CONF)
launcher.launch_service(Scheduler.create(binary='cinder-scheduler'))
for backend in CONF.enabled_backends:
    volume._launch_service(launcher, backend)
launcher.launch_service(service.WSGIService('osapi_volume'))
launcher.wait()
