using System.ClientModel;
using System.Net;
using GenAgent.Models;

namespace GenAgent.Judging;

/// <summary>Recognizes a request that a backend does not support, for which another form may work.</summary>
internal static class BackendRefusal
{
    public static bool Is(Exception exception) => exception switch
    {
        NotSupportedException or BackendRejectedException => true,
        ClientResultException { Status: 400 or 404 or 422 or 501 } => true,
        HttpRequestException { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.NotImplemented } => true,
        _ => false,
    };

    public static bool Names(Exception exception, string setting) => exception.Message.Contains(setting, StringComparison.OrdinalIgnoreCase);
}
