namespace GenAgent.Hosting.Runs;

/// <summary>A run of many prompts stopped early: going on would fail the same way. What is finished is kept. <see cref="Exception.InnerException"/> is the cause.</summary>
public sealed class BatchStoppedException(string message, Exception cause) : Exception(message, cause);
