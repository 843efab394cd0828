"""Did a change work: designed before it, estimated after it, judged with its doubts named."""
