import java.io.ByteArrayOutputStream;
import java.io.Externalizable;
import java.io.ObjectInput;
import java.io.ObjectOutput;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Prints serialized objects of every kind the stream grammar knows, one a line in base64. */
public class ObjectWriter {
    static class Base implements Serializable {
        double number = 1.5;
        Object[] parts = {"a", null, new int[] {1, 2}, new byte[0][3]};
    }

    static class Derived extends Base {
        char letter = 'x';
        boolean flag = true;
        Base self = this;
        Class<?> type = Derived.class;
    }

    public static class Outer implements Externalizable {
        @Override
        public void writeExternal(ObjectOutput out) throws java.io.IOException {
            out.write(new byte[1000]);
            out.writeObject(new Derived());
            out.writeUTF("end");
        }

        @Override
        public void readExternal(ObjectInput in) {
        }
    }

    static class Handler implements InvocationHandler, Serializable {
        @Override
        public Object invoke(Object proxy, java.lang.reflect.Method method, Object[] arguments) {
            return null;
        }
    }

    public static void main(String[] args) throws Exception {
        Map<Object, Object> map = new LinkedHashMap<>(Map.of("key", new Date(0)));
        map.put(TimeUnit.DAYS, List.of(1, 2L, (short) 3, 4.0f));
        Map<TimeUnit, String> enums = new EnumMap<>(TimeUnit.class);
        enums.put(TimeUnit.HOURS, "hours");
        Object proxy = Proxy.newProxyInstance(
            ObjectWriter.class.getClassLoader(), new Class<?>[] {Runnable.class, Comparable.class}, new Handler());
        Object[] objects = {
            "short", "x".repeat(70_000), null, map, enums, TimeUnit.DAYS, proxy, new Derived(), new Outer(),
            new ArrayList<>(List.of(BigInteger.TEN, "ten")), String.class, new long[3][2], new Exception("cause"),
        };
        for (Object object : objects) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ObjectOutputStream out = new ObjectOutputStream(bytes);
            out.writeObject(object);
            out.flush();
            System.out.println(Base64.getEncoder().encodeToString(bytes.toByteArray()));
        }
    }
}
