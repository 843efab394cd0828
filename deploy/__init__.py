"""What starts the services: on one machine, in an image, from the command line."""
