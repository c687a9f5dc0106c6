"""For the `piccolo` command: the owner's engine on the registry's database."""

from piccolo.conf.apps import AppRegistry

from registry.database import RegistryEngine, owner_engine
from registry.settings import load_settings


def _engine() -> RegistryEngine:
    settings = load_settings()
    return owner_engine(settings.database_url or f"postgresql://postgres@/postgres?host={settings.data_dir}/postgresql")


DB = _engine()
APP_REGISTRY = AppRegistry(apps=["registry.piccolo_app"])
