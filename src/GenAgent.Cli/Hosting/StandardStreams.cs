using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GenAgent.Cli.Hosting;

/// <summary>The process's standard streams, with one that was closed before the start told from one that another file has taken the number of.</summary>
/// <param name="Input">Standard input; empty where it is closed.</param>
/// <param name="Output">Standard output. A fault says that it is standard output.</param>
/// <param name="Error">Standard error. What cannot be written there is lost, and never ends the work.</param>
internal sealed record StandardStreams(TextReader Input, TextWriter Output, TextWriter Error)
{
    // O_CLOEXEC of Linux: all that the runtime opens has it, and nothing that came over the start of the process.
    private const int CloseOnExecute = 0x80000;

    /// <summary>Opens the streams; never throws.</summary>
    public static StandardStreams Open()
    {
        try
        {
            Console.SetError(IsOpen(2) ? Writer(new StandardError(Console.OpenStandardError())) : TextWriter.Null);
            var output = IsOpen(1) ? Console.IsOutputRedirected ? StandardOutput.Open(Console.OpenStandardOutput()) : Console.Out : StandardOutput.OpenClosed();
            return new(IsOpen(0) ? Console.In : TextReader.Null, output, Console.Error);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // There are too few file handles even for the console, which takes copies: the number itself is there, and whatever needs more will say so on it.
            return new(TextReader.Null, StandardOutput.OpenClosed(),
                Writer(new StandardError(new FileStream(new SafeFileHandle(2, ownsHandle: false), FileAccess.Write, bufferSize: 0))));
        }
    }

    /// <summary>A writer of UTF-8 without a mark at its beginning, which writes each piece at once.</summary>
    public static TextWriter Writer(Stream stream) =>
        TextWriter.Synchronized(new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });

    private static bool IsOpen(int descriptor)
    {
        if (!OperatingSystem.IsLinux()) return true;
        try
        {
            var flags = File.ReadLines($"/proc/self/fdinfo/{descriptor}").FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
            return flags is null || (Convert.ToInt64(flags["flags:".Length..].Trim(), 8) & CloseOnExecute) == 0;
        }
        catch (FileNotFoundException)
        {
            return !Directory.Exists("/proc/self/fdinfo");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException)
        {
            return true;
        }
    }
}
