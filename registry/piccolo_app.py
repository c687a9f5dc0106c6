"""Piccolo's view of the registry: one app, one history of migrations."""

from piccolo.conf.apps import AppConfig

from registry.settings import PROJECT
from registry.tables import TABLES

APP_CONFIG = AppConfig(
    app_name="registry",
    migrations_folder_path=str(PROJECT / "migrations"),
    table_classes=list(TABLES),
    migration_dependencies=[],
)
