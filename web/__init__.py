"""Receives webhooks, and shows operators what happened."""
