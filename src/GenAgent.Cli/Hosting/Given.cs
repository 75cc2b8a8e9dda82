using GenAgent.Hosting;

namespace GenAgent.Cli.Hosting;

/// <summary>Files and folders that the user names: where one is not there or is not what it must be, the call is wrong, and would fail again.</summary>
internal static class Given
{
    /// <summary>What is read from such a file.</summary>
    /// <exception cref="CliException">The file is not there, or its content is wrong.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is InvalidDataException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(ExitCode.Usage, ErrorMessages.Of(wrong), wrong);
        }
    }
}
