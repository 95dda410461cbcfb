"""Where configuration and secrets live: list, watch (whole states), apply, delete."""
