"""jk_test.compile: the statistics of the last five minutes now, as the recorder makes every five minutes."""

from datetime import timedelta

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.helpers import config_validation
from homeassistant.util import dt

CONFIG_SCHEMA = config_validation.empty_config_schema("jk_test")


async def async_setup(hass, config):
    async def compile_now(call):
        recorder = get_instance(hass)
        await recorder.async_block_till_done()
        now = dt.utcnow()
        start = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
        # The period that goes on, too: it is made once more when it is over.
        for begin in (start - timedelta(minutes=5), start):
            recorder.queue_task(StatisticsTask(begin, False))
        await recorder.async_block_till_done()

    hass.services.async_register("jk_test", "compile", compile_now)
    return True
