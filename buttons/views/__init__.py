"""Pages about buttons, sites, clicks and creators, one module for each of their readers' matters."""
